// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * The gauges: what the gate knows of each schema, and how its last run went. Reading them
 * never touches a database.
 *
 * @since 0.1.0
 */
public final class SchemaMeters implements MeterBinder {

	private static final String NONE = "none";

	private static final String UNKNOWN = "unknown";

	private final SchemaGate gate;

	private final KnownRuns lastRuns;

	private final Mode mode;

	/**
	 * Create the gauges.
	 * @param gate knows the schemas
	 * @param memory knows the runs of this process
	 * @param mode the mode of the process
	 */
	public SchemaMeters(SchemaGate gate, RunMemory memory, Mode mode) {
		this.gate = gate;
		this.lastRuns = new KnownRuns(gate, memory);
		this.mode = mode;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.gate.getStates().keySet().forEach((schema) -> bindTo(registry, schema));
		gauge(registry, MigrationMeterDocumentation.READY, Tags.of(Tag.MODE.asString(), this.mode.name()),
				() -> this.gate.isOpen() ? 1 : 0);
	}

	/**
	 * Bind the gauges of one schema, which may be added to the gate later; their values
	 * are unknown until then.
	 * @param registry where to bind them
	 * @param schema the name of the schema
	 */
	void bindTo(MeterRegistry registry, String schema) {
		Tags tags = Tags.of(Tag.SCHEMA.asString(), schema, Tag.MODE.asString(), this.mode.name());
		if (registry.find(MigrationMeterDocumentation.SCHEMA_PENDING.getName()).tags(tags).gauge() != null) {
			return;
		}
		for (SchemaStatus status : SchemaStatus.values()) {
			gauge(registry, MigrationMeterDocumentation.SCHEMA_STATUS,
					tags.and(Tag.SCHEMA_STATUS.asString(), status.name()), schema,
					(state) -> (state.status() == status) ? 1 : 0);
		}
		NamedNumber version = new NamedNumber(registry, MigrationMeterDocumentation.SCHEMA_VERSION, tags);
		NamedNumber next = new NamedNumber(registry, MigrationMeterDocumentation.SCHEMA_NEXT, tags);
		NamedNumber progress = new NamedNumber(registry, MigrationMeterDocumentation.RUN_PROGRESS, tags);
		version.show(version(UNKNOWN), 0);
		next.show(next(UNKNOWN), 0);
		progress.show(host(NONE), 0);
		this.gate.listen(schema, (inspection) -> {
			showVersion(version, inspection.state());
			showNext(next, inspection.state());
			showProgress(progress, inspection.run());
		});
		NamedNumber verdict = new NamedNumber(registry, MigrationMeterDocumentation.LAST_RUN_VERDICT, tags);
		verdict.show(verdict(NONE, null, null), 0);
		this.lastRuns.listen(schema,
				(end) -> verdict.show(verdict(end.status(), end.sqlState(), end.changeSet()), when(end)));
		gauge(registry, MigrationMeterDocumentation.SCHEMA_PENDING, tags, schema, (state) -> state.pending().size());
		gauge(registry, MigrationMeterDocumentation.SCHEMA_UNKNOWN, tags, schema, (state) -> state.unknown().size());
		gauge(registry, MigrationMeterDocumentation.RUN_BLOCKED, tags, () -> timesBlocked(schema));
		gauge(registry, MigrationMeterDocumentation.LOCK_HELD, tags, schema, SchemaMeters::lockHeld);
		gauge(registry, MigrationMeterDocumentation.LAST_RUN_FAILED, tags,
				() -> ofLastRun(schema, (run) -> run.isFailure() ? 1 : 0));
		gauge(registry, MigrationMeterDocumentation.LAST_RUN_CRASHED, tags,
				() -> ofLastRun(schema, (run) -> run.isCrash() ? 1 : 0));
		gauge(registry, MigrationMeterDocumentation.LAST_RUN_ENDED, tags, () -> ofLastRun(schema, SchemaMeters::when));
	}

	private static void showVersion(NamedNumber gauge, SchemaState state) {
		SchemaVersion version = state.version();
		if (version != null) {
			gauge.show(version(nameOf(version.changeSet())), version.order());
		}
		else {
			gauge.show(version(nothing(state)), 0);
		}
	}

	private static void showNext(NamedNumber gauge, SchemaState state) {
		List<ChangeSetReference> pending = state.pending();
		gauge.show(next(pending.isEmpty() ? nothing(state) : pending.get(0).toString()), pending.size());
	}

	private static String nothing(SchemaState state) {
		return (state.status() != SchemaStatus.UNREADABLE) ? NONE : UNKNOWN;
	}

	private static void showProgress(NamedNumber gauge, @Nullable RunProgress run) {
		if (run == null) {
			gauge.show(host(NONE), 0);
			return;
		}
		gauge.show(host(run.start().origin().host()), run.share());
	}

	private static String nameOf(ChangeSetReference changeSet) {
		return changeSet.author().isEmpty() ? changeSet.id() : "%s by %s".formatted(changeSet.id(), changeSet.author());
	}

	private static Tags version(String version) {
		return Tags.of(Tag.VERSION.asString(), version);
	}

	private static Tags next(String changeSet) {
		return Tags.of(Tag.NEXT_CHANGE_SET.asString(), changeSet);
	}

	private static Tags host(String host) {
		return Tags.of(Tag.HOST.asString(), host);
	}

	private static Tags verdict(String status, @Nullable String sqlState, @Nullable ChangeSetReference changeSet) {
		return Tags.of(Tag.LAST_STATUS.asString(), status, Tag.SQL_STATE.asString(),
				Objects.requireNonNullElse(sqlState, NONE), Tag.LAST_CHANGE_SET.asString(),
				(changeSet != null) ? changeSet.toString() : NONE);
	}

	private static double when(RunEnd run) {
		return (double) run.at().getEpochSecond();
	}

	private int timesBlocked(String schema) {
		SchemaInspection inspection = this.gate.getKnown(schema);
		RunProgress run = (inspection != null) ? inspection.run() : null;
		return (run != null) ? run.start().blocked().times() : 0;
	}

	private double ofLastRun(String schema, ToDoubleFunction<RunEnd> value) {
		RunEnd run = this.lastRuns.of(schema);
		return (run != null) ? value.applyAsDouble(run) : 0;
	}

	private void gauge(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags, String schema,
			ToDoubleFunction<SchemaState> value) {
		gauge(registry, meter, tags, () -> {
			SchemaState state = this.gate.getStates().get(schema);
			return (state != null) ? value.applyAsDouble(state) : Double.NaN;
		});
	}

	private static void gauge(MeterRegistry registry, MigrationMeterDocumentation meter, Tags tags,
			Supplier<Number> value) {
		Gauge.builder(meter.getName(), value)
			.description(meter.getMeaning())
			.baseUnit(meter.getBaseUnit())
			.tags(tags)
			.register(registry);
	}

	private static double lockHeld(SchemaState state) {
		LockHolder holder = state.lock();
		// A process that is not governed writes the time in the time zone of its host
		@Nullable Instant since = (holder != null && !holder.ofEngine()) ? holder.since() : null;
		return (since != null) ? Math.max(0, Duration.between(since, state.checkedAt()).toSeconds()) : 0;
	}

}
