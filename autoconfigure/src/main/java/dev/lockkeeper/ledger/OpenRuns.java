// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.lockkeeper.schema.LockReader;
import dev.lockkeeper.schema.LockTenure;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger.Found;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Separates runs in progress from runs that died: for each run without an end, asks the
 * lock whether the holder of that run still holds it. A tenure that is over is
 * remembered, because it stays over.
 */
final class OpenRuns {

	private static final Log logger = LogFactory.getLog(OpenRuns.class);

	private static final int REMEMBERED = 100;

	private final Map<String, LockTenure> over = new ConcurrentHashMap<>();

	/**
	 * Judge the runs of a history.
	 * @param ledger reads the runs; one without an end is open
	 * @return the runs; one without an end is in progress
	 */
	List<RunRecord> judge(Source ledger, Connection connection, LockReader lock, Found found) throws SQLException {
		List<RunRecord> runs = ledger.read();
		Set<String> unknown = new HashSet<>();
		boolean again = false;
		for (RunRecord run : runs) {
			if (run.end() == null && !this.over.containsKey(key(run.start()))) {
				LockTenure tenure = findTenure(lock, connection, run.start().holder());
				if (tenure == null) {
					unknown.add(key(run.start()));
				}
				else if (!tenure.lasts()) {
					remember(run.start(), tenure);
					again = true;
				}
			}
		}
		// A run writes its end before it releases the lock, perhaps since it was read
		return complete(again ? ledger.read() : runs, unknown, found);
	}

	private List<RunRecord> complete(List<RunRecord> runs, Set<String> unknown, Found found) {
		List<RunRecord> judged = new ArrayList<>();
		for (RunRecord run : runs) {
			RunStart start = run.start();
			LockTenure tenure = (run.end() == null) ? this.over.get(key(start)) : null;
			if (tenure != null) {
				// The same at every inspection
				judged.add(new RunRecord(start, RunEnd.crashed(Math.max(0, found.rows() - start.rows()),
						found.version(), (tenure.endedAt() != null) ? tenure.endedAt() : start.at())));
			}
			else if (run.end() != null || !unknown.contains(key(start))) {
				judged.add(run);
			}
		}
		return judged;
	}

	private void remember(RunStart run, LockTenure tenure) {
		if (this.over.size() >= REMEMBERED) {
			this.over.clear();
		}
		this.over.put(key(run), tenure);
	}

	private static @Nullable LockTenure findTenure(LockReader lock, Connection connection, @Nullable String holder) {
		if (holder == null) {
			return LockTenure.over(null);
		}
		try {
			return lock.findTenure(connection, holder);
		}
		catch (SQLException | RuntimeException ex) {
			logger.trace("lockkeeper - not known whether %s holds the lock".formatted(holder), ex);
			return null;
		}
	}

	private static String key(RunStart run) {
		return "%s %s".formatted(run.runId(), run.holder());
	}

	/**
	 * Reads runs.
	 */
	@FunctionalInterface
	interface Source {

		List<RunRecord> read() throws SQLException;

	}

}
