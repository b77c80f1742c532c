// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.concurrent.atomic.AtomicReference;

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

	private AtomicReference<Double> value;

	private Gauge gauge;

	NamingGauge(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags, Tags names) {
		this.registry = registry;
		this.meter = meter;
		this.tags = tags;
		this.names = names;
		this.value = new AtomicReference<>(0.0);
		this.gauge = register();
	}

	synchronized void show(Tags next, double number) {
		if (next.equals(this.names)) {
			this.value.set(number);
			return;
		}
		// Never the old name with the new number
		this.registry.remove(this.gauge);
		this.names = next;
		this.value = new AtomicReference<>(number);
		this.gauge = register();
	}

	private Gauge register() {
		AtomicReference<Double> shown = this.value;
		return SchemaMeters.gauge(this.registry, this.meter, this.tags.and(this.names), shown::get);
	}

}
