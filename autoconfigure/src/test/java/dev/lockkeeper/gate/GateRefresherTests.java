// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testing.FakeSchema;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * A process that serves refreshes ever more rarely, unless something happens.
 */
class GateRefresherTests {

	private static final Duration INTERVAL = Duration.ofMillis(20);

	private static final int INSPECTIONS = 40;

	@Test
	void refreshesAsOftenAsEverWhileAMigrationRuns() {
		AtomicInteger inspections = new AtomicInteger();
		SchemaGate gate = new SchemaGate(Clock.systemUTC());
		gate.add(new FakeSchema("held").inspection(held()).mark((connection) -> {
			inspections.incrementAndGet();
			return new HistoryMark(0, 0, null, null);
		}));
		GateRefresher refresher = new GateRefresher(gate, INTERVAL, INTERVAL);
		refresher.start();
		try {
			// Twice as long each time, up to a minute, these would take half an hour
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> inspections.get() >= INSPECTIONS);
		}
		finally {
			refresher.stop();
		}
	}

	private static SchemaInspection held() {
		SchemaState state = new SchemaState(SchemaStatus.CURRENT, Instant.EPOCH, null, 0, List.of(), List.of(),
				List.of(), new LockHolder("other-pod", Instant.EPOCH, null), null);
		RunStart start = new RunStart("4711", "held", new RunOrigin("SELF", "shop", null, "host"), "other-pod", null, 1,
				0, null, Duration.ZERO, Instant.EPOCH);
		return new SchemaInspection(state, new RunProgress(start, null, null, RunActivity.UNKNOWN), List.of());
	}

}
