// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.List;
import java.util.function.Supplier;

import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity.Blocker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts what happens to runs. The counters of a schema exist, like the gauges, from the
 * beginning of its first run.
 *
 * @since 0.1.0
 */
public final class MeterMigrationListener implements MigrationListener {

	private static final List<MigrationMeterDocumentation> COUNTERS = List.of(MigrationMeterDocumentation.LEASES_LOST,
			MigrationMeterDocumentation.TAKEOVERS, MigrationMeterDocumentation.RETRIES,
			MigrationMeterDocumentation.BLOCKED);

	private final Supplier<MeterRegistry> registry;

	private final SchemaMeters gauges;

	private final Mode mode;

	/**
	 * Create a listener.
	 * @param registry gives the registry, once a run begins
	 * @param gauges are bound there as well
	 * @param mode the mode of the process
	 */
	public MeterMigrationListener(Supplier<MeterRegistry> registry, SchemaMeters gauges, Mode mode) {
		this.registry = registry;
		this.gauges = gauges;
		this.mode = mode;
	}

	@Override
	public void runStarted(RunReference run) {
		this.gauges.bindTo(this.registry.get(), run.schema());
		COUNTERS.forEach((counter) -> counter(counter, run));
	}

	@Override
	public void leaseLost(RunReference run) {
		counter(MigrationMeterDocumentation.LEASES_LOST, run).increment();
	}

	@Override
	public void lockTakenOver(RunReference run) {
		counter(MigrationMeterDocumentation.TAKEOVERS, run).increment();
	}

	@Override
	public void runResumed(RunReference run) {
		counter(MigrationMeterDocumentation.RETRIES, run).increment();
	}

	@Override
	public void changeSetBlocked(RunReference run, ChangeSetReference changeSet, List<Blocker> blockers) {
		counter(MigrationMeterDocumentation.BLOCKED, run).increment();
	}

	private Counter counter(MigrationMeterDocumentation meter, RunReference run) {
		return Counter.builder(meter.getName())
			.description(meter.getMeaning())
			.baseUnit(meter.getBaseUnit())
			.tag(Tag.SCHEMA.asString(), run.schema())
			.tag(Tag.MODE.asString(), this.mode.name())
			.register(this.registry.get());
	}

}
