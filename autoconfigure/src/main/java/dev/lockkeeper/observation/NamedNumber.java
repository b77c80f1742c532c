// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;

/**
 * A number with a name that changes, as a gauge whose tags are the name. While the name
 * stays the gauge stays, so that no scrape misses it.
 */
final class NamedNumber {

	private final MultiGauge gauge;

	private Tags name = Tags.empty();

	private Value value = new Value(0);

	NamedNumber(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags) {
		this.gauge = MultiGauge.builder(meter.getName())
			.description(meter.getMeaning())
			.baseUnit(meter.getBaseUnit())
			.tags(tags)
			.register(registry);
	}

	/**
	 * Show a number under a name. No scrape sees the old name with the new number.
	 */
	synchronized void show(Tags name, double number) {
		if (!name.equals(this.name)) {
			this.name = name;
			this.value = new Value(number);
			this.gauge.register(List.of(MultiGauge.Row.of(name, this.value, Value::read)), true);
		}
		this.value.number = number;
	}

	/**
	 * A number that another thread reads.
	 */
	private static final class Value {

		private volatile double number;

		Value(double number) {
			this.number = number;
		}

		double read() {
			return this.number;
		}

	}

}
