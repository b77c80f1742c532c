// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import org.jspecify.annotations.Nullable;

/**
 * The gauge whose tag is the version of a schema: when that becomes another one, so does
 * the gauge.
 */
final class VersionGauge {

	private static final String NONE = "none";

	private static final String UNKNOWN = "unknown";

	private final MeterRegistry registry;

	private final Tags tags;

	private String shown = UNKNOWN;

	private Gauge gauge;

	VersionGauge(MeterRegistry registry, Tags tags) {
		this.registry = registry;
		this.tags = tags;
		this.gauge = register(UNKNOWN, 0);
	}

	synchronized void show(SchemaState state) {
		@Nullable SchemaVersion version = state.version();
		String none = (state.status() != SchemaStatus.UNREADABLE) ? NONE : UNKNOWN;
		String next = (version != null) ? version.toString() : none;
		if (!next.equals(this.shown)) {
			this.registry.remove(this.gauge);
			this.gauge = register(next, (version != null) ? version.order() : 0);
			this.shown = next;
		}
	}

	private Gauge register(String version, int order) {
		return SchemaMeters.gauge(this.registry, MigrationMeterDocumentation.SCHEMA_VERSION,
				this.tags.and(Tag.VERSION.asString(), version), () -> order);
	}

}
