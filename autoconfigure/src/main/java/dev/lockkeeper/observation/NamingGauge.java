// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/**
 * A gauge that names something in one of its tags: when that becomes something else, the
 * gauge gives way to another one.
 */
final class NamingGauge {

	private final MeterRegistry registry;

	private final MigrationMeterDocumentation meter;

	private final Tags tags;

	private final Tag naming;

	private String name;

	private volatile double value;

	private Gauge gauge;

	NamingGauge(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags, Tag naming, String name) {
		this.registry = registry;
		this.meter = meter;
		this.tags = tags;
		this.naming = naming;
		this.name = name;
		this.gauge = register(name);
	}

	synchronized void show(String next, double number) {
		this.value = number;
		if (!next.equals(this.name)) {
			this.registry.remove(this.gauge);
			this.gauge = register(next);
			this.name = next;
		}
	}

	private Gauge register(String next) {
		return SchemaMeters.gauge(this.registry, this.meter, this.tags.and(this.naming.asString(), next),
				() -> this.value);
	}

}
