// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/**
 * A gauge that names something in some of its tags: when that becomes something else, the
 * gauge gives way to another one.
 */
final class NamingGauge {

	private final MeterRegistry registry;

	private final MigrationMeterDocumentation meter;

	private final Tags tags;

	private Tags names;

	private volatile double value;

	private Gauge gauge;

	NamingGauge(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags, Tags names) {
		this.registry = registry;
		this.meter = meter;
		this.tags = tags;
		this.names = names;
		this.gauge = register(names);
	}

	synchronized void show(Tags next, double number) {
		this.value = number;
		if (!next.equals(this.names)) {
			this.registry.remove(this.gauge);
			this.gauge = register(next);
			this.names = next;
		}
	}

	private Gauge register(Tags next) {
		return SchemaMeters.gauge(this.registry, this.meter, this.tags.and(next), () -> this.value);
	}

}
