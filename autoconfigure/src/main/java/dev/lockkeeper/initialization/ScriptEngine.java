// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.DatabaseDiagnosis;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineTraits;
import dev.lockkeeper.engine.HistoryMarks;
import dev.lockkeeper.engine.PreviewingEngine;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.governed.GovernedSchemas.ChangedSchema;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.NamedTables;
import dev.lockkeeper.postgresql.SelectGrants;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.SchemaLevel;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.ScriptRecord;
import dev.lockkeeper.schema.ScriptRecords;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootVersion;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.Assert;

/**
 * One initializer as an engine. Each of its scripts is a change set, and the records of
 * the scripts that were executed are its history.
 */
final class ScriptEngine implements Engine, PreviewingEngine {

	private static final Log logger = LogFactory.getLog(ScriptEngine.class);

	private static final List<String> RECORD = List.of("digest", "initializer", "script", "run_order", "executed_at");

	private final ScriptInitializer initializer;

	private final ChangedSchema beside;

	private final @Nullable OwnConnections source;

	private final ResourceLoader resources;

	private final Settings settings;

	private final AtomicBoolean warned = new AtomicBoolean();

	private final AtomicBoolean told = new AtomicBoolean();

	private volatile @Nullable List<Script> scripts;

	private volatile @Nullable Place place;

	private volatile @Nullable Found last;

	/**
	 * The tables that were not there after a script that should have created them, and
	 * that ended without a failure.
	 */
	private final Set<NamedTables.Name> unseen = ConcurrentHashMap.newKeySet();

	/**
	 * Whether this process has executed the scripts.
	 */
	private volatile boolean executed;

	/**
	 * Create an engine.
	 * @param beside the schema on whose connections and under whose lease the scripts are
	 * executed
	 * @param source connections of the data source of the initializer; {@code null} when
	 * the schema has the same data source
	 * @param resources loads the scripts
	 * @param scripts the scripts; {@code null} when only a connection to the database
	 * shows them
	 */
	ScriptEngine(ScriptInitializer initializer, ChangedSchema beside, @Nullable OwnConnections source,
			ResourceLoader resources, @Nullable List<Script> scripts, Settings settings) {
		this.initializer = initializer;
		this.beside = beside;
		this.source = source;
		this.resources = resources;
		this.scripts = scripts;
		this.settings = settings;
	}

	@Override
	public EngineWords getWords() {
		EngineWords words = this.beside.engine().getWords();
		return new EngineWords("Spring Boot", words.lock(), words.dropFirst(), words.ownSessions(),
				"See why bean %s does not execute its scripts.".formatted(this.initializer.getName()));
	}

	@Override
	public @Nullable String getVersion() {
		return SpringBootVersion.getVersion();
	}

	@Override
	public EngineTraits getTraits() {
		return new EngineTraits(false, !this.initializer.isRepeated());
	}

	// Scripts are executed where those of the initializer itself would be
	@Override
	public ConfiguredSchemas getConfiguredSchemas() {
		ConfiguredSchemas besides = this.beside.engine().getConfiguredSchemas();
		Found known = this.last;
		String schema = (known != null) ? known.place().schema() : null;
		return (schema != null) ? new ConfiguredSchemas(List.of(schema), besides.history()) : besides;
	}

	@Override
	public SchemaTables locate(Connection connection) throws Exception {
		Found known = this.last;
		return (known != null && known.kept()) ? known.tables()
				: besides(connection).ofScripts(this.initializer.getName());
	}

	private SchemaTables besides(Connection connection) throws Exception {
		return this.beside.engine().locate(connection);
	}

	@Override
	public Comparison compare(Connection connection) throws Exception {
		SchemaTables tables = locate(connection);
		List<Script> all = record(connection);
		Place where = find(connection);
		List<ScriptRecord> records = read(connection, tables.history());
		boolean foreign = records == null && this.settings.deferring() && isComplete(connection);
		if (foreign) {
			// The table may have been created since it was read, before the last change
			// set
			records = read(connection, tables.history());
			foreign = records == null;
		}
		Found found = new Found(tables, all, where, records != null, (records != null) ? records : List.of());
		this.last = found;
		List<Script> missing = new ArrayList<>();
		for (Script script : all) {
			if (!script.statements().isEmpty() && isMissing(connection, found, script)) {
				missing.add(script);
			}
		}
		if (records != null && missing.isEmpty()) {
			// Not before: a schema may be created meanwhile
			this.place = where;
		}
		if (foreign) {
			warn(missing);
			missing.clear();
		}
		return found.compare(missing, newer(found), this.initializer.isRepeated() && !this.executed);
	}

	/**
	 * Read the records. Returns {@code null} when there is no table of them, or none that
	 * a process may read which does not migrate.
	 */
	private @Nullable List<ScriptRecord> read(Connection connection, String table) throws SQLException {
		if (this.settings.deferring() && !ConnectedDatabase.of(connection).mayRead(table)) {
			return null;
		}
		return this.settings.records().read(connection, table);
	}

	private boolean isMissing(Connection connection, Found found, Script script) throws SQLException {
		if (found.find(script) == null) {
			return true;
		}
		if (this.settings.deferring() || this.initializer.isRepeated()) {
			return false;
		}
		return (this.settings.reinstates() && !newer(found).isEmpty())
				|| !this.unseen.containsAll(script.tables().findAbsent(connection, found.place().schemas()));
	}

	/**
	 * Return what other code has executed after these scripts.
	 */
	private List<ChangeSetReference> newer(Found found) {
		Set<String> own = found.digests();
		return found.records()
			.stream()
			.filter((record) -> record.initializer().equals(this.initializer.getName()))
			.reduce((first, second) -> second)
			.filter((record) -> !own.contains(record.digest()))
			.map((record) -> List.of(new ChangeSetReference(record.script(), "", "")))
			.orElse(List.of());
	}

	/**
	 * Return whether no change set is missing: whatever makes the table of the records
	 * makes it before the first one.
	 */
	private boolean isComplete(Connection connection) throws Exception {
		return this.warned.get() || this.beside.engine().compare(connection).missing().isEmpty();
	}

	private void warn(List<Script> missing) {
		if (missing.isEmpty() || !this.warned.compareAndSet(false, true)) {
			return;
		}
		logger
			.warn(("lockkeeper - nothing shows whether the scripts were executed (schema %s: %s), and this process does "
					+ "not execute them; a process of this code with --migrate-only, or in SELF, does, and records it; if a "
					+ "change set makes these tables, %s; lockkeeper.initializers=boot lets each process execute them, as "
					+ "Spring Boot does")
				.formatted(this.initializer.getName(), names(missing), this.initializer.howToEnd()));
	}

	static String names(List<Script> scripts) {
		return scripts.stream().map(Script::name).collect(Collectors.joining(", "));
	}

	private List<Script> record(Connection connection) throws Exception {
		List<Script> known = this.scripts;
		if (known == null) {
			known = ConnectedDatabase.of(connection).readOnly((reading) -> {
				try {
					return Recorder.record(this.initializer, reading, this.resources);
				}
				catch (SQLException ex) {
					throw ex;
				}
				catch (Exception ex) {
					throw ScriptException.ofContent(this.initializer.getName(), ex);
				}
			});
			this.scripts = known;
		}
		return known;
	}

	private Place find(Connection connection) throws SQLException {
		Place known = this.place;
		if (known == null) {
			known = Place.find(connection, this.source);
		}
		return known;
	}

	@Override
	public boolean createHistory() throws Exception {
		try (Connection connection = this.beside.connections().openToCreate()) {
			SchemaTables tables = besides(connection);
			boolean there = this.settings.records().read(connection, tables.scripts()) != null;
			this.settings.records().provide(connection, tables.scripts(), tables.history());
			SelectGrants.copy(connection, tables.history(), tables.scripts());
			return !there;
		}
	}

	@Override
	public HistoryMark mark(Connection connection) throws Exception {
		return HistoryMarks.read(connection, locate(connection).history(), "run_order", "executed_at", RECORD);
	}

	@Override
	public List<SchemaVersion> readHistory(Connection connection) throws Exception {
		List<ScriptRecord> records = read(connection, locate(connection).history());
		return (records == null) ? List.of()
				: records.stream()
					.filter((record) -> record.initializer().equals(this.initializer.getName()))
					.map(Found::toVersion)
					.toList();
	}

	@Override
	public EngineMigration prepare() {
		Found found = requireLast();
		this.place = found.place();
		if (found.place().other() && this.told.compareAndSet(false, true)) {
			logger.info("lockkeeper - the scripts are executed in the schemas of their own data source (schema %s: %s)"
				.formatted(this.initializer.getName(), String.join(", ", found.place().schemas())));
		}
		return new ScriptRun(this, found);
	}

	private Found requireLast() {
		Found found = this.last;
		Assert.state(found != null, "The scripts have not been compared yet");
		return found;
	}

	ScriptInitializer getInitializer() {
		return this.initializer;
	}

	ResourceLoader getResources() {
		return this.resources;
	}

	ScriptRecords getRecords() {
		return this.settings.records();
	}

	boolean reinstates() {
		return this.settings.reinstates();
	}

	/**
	 * Note tables that a script has not left where they are expected.
	 */
	void unseen(List<NamedTables.Name> tables) {
		this.unseen.addAll(tables);
	}

	/**
	 * Note that this process has executed the scripts.
	 */
	void executed() {
		this.executed = true;
	}

	@Override
	public Preview preview(Connection connection, List<ChangeSetReference> heldBack, PreviewLimits limits)
			throws Exception {
		Comparison comparison = compare(connection);
		Found found = requireLast();
		List<Script> due = found.scripts()
			.stream()
			.filter((script) -> this.initializer.isRepeated() || comparison.missing().contains(script.toReference()))
			.toList();
		List<Script> executed = new ArrayList<>();
		for (Script script : due) {
			// A run would not execute the others, and their text drops tables
			if (this.initializer.isRepeated() || DropCheck.of(script, connection, found.place().schemas()).isPassed()) {
				executed.add(script);
			}
		}
		String sql = ScriptPreview.of(this.initializer, executed, found.place());
		return new Preview(sql.substring(0, Math.min(sql.length(), limits.characters())), sql.length(),
				executed.size());
	}

	@Override
	public @Nullable Diagnosis diagnose(Throwable failure, Phase phase, Login login) {
		ScriptException known = DatabaseDiagnosis.find(failure, ScriptException.class);
		if (known != null) {
			return known.explain(login);
		}
		if (phase == Phase.INSPECTION) {
			Found found = this.last;
			return DatabaseDiagnosis.ofRead(failure, this.beside.connections().describe(),
					(found != null) ? found.tables().history() : "the table of the scripts", login);
		}
		Diagnosis ofDatabase = DatabaseDiagnosis.ofRun(failure, login);
		return (ofDatabase != null) ? ofDatabase : DatabaseDiagnosis.ofChangeSet(failure, login);
	}

	/**
	 * What the engines of a process share.
	 *
	 * @param records the records of the scripts
	 * @param deferring whether this process waits for another one that executes the
	 * scripts
	 * @param reinstates whether a run executes again what newer code has replaced
	 */
	record Settings(ScriptRecords records, boolean deferring, boolean reinstates) {
	}

	/**
	 * What a comparison has found.
	 *
	 * @param tables the tables
	 * @param scripts the scripts of the initializer
	 * @param place where they are executed
	 * @param kept whether there is a table of records
	 * @param records the records of all initializers, in the order of execution
	 */
	record Found(SchemaTables tables, List<Script> scripts, Place place, boolean kept, List<ScriptRecord> records) {

		Comparison compare(List<Script> missing, List<ChangeSetReference> newer, boolean due) {
			List<ScriptRecord> own = this.scripts.stream().map(this::find).filter(Objects::nonNull).toList();
			SchemaVersion version = own.isEmpty() ? null : toVersion(own.get(own.size() - 1));
			return new Comparison(this.tables, SchemaLevel.of(this.tables.history(), List.copyOf(digests())), version,
					own.size(), missing.stream().map(Script::toReference).toList(), List.of(), List.of(), newer,
					List.of(), due);
		}

		Set<String> digests() {
			return this.scripts.stream().map(this::digest).collect(Collectors.toSet());
		}

		String digest(Script script) {
			return script.digest(this.place.schema());
		}

		@Nullable ScriptRecord find(Script script) {
			String digest = digest(script);
			return this.records.stream().filter((record) -> record.digest().equals(digest)).findFirst().orElse(null);
		}

		static SchemaVersion toVersion(ScriptRecord record) {
			return new SchemaVersion(new ChangeSetReference(record.script(), "", ""), null, record.executedAt(),
					record.number());
		}

	}

}
