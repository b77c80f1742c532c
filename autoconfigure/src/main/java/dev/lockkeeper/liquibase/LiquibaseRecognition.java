// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.Charset;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.lockkeeper.engine.Recognition;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.fastpath.Fingerprint;
import dev.lockkeeper.fastpath.History;
import dev.lockkeeper.fastpath.Manifest;
import dev.lockkeeper.fastpath.RecordedResources;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaVersion;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ResourceLoader;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Recognises the code of one bean without Liquibase: by the settings of the bean, and by
 * what Liquibase has read.
 */
final class LiquibaseRecognition implements Recognition {

	/**
	 * What the library and its extensions contribute to the reading of a changelog.
	 */
	private static final List<String> LIBRARY = Stream
		.concat(Stream.of("liquibase.build.properties"),
				Stream
					.of("change.Change", "changelog.ChangeLogHistoryService", "changeset.ChangeSetService",
							"configuration.ConfigurationValueProvider", "configuration.ConfiguredValueModifier",
							"database.Database", "database.DatabaseConnection", "executor.Executor",
							"parser.ChangeLogParser", "parser.LiquibaseSqlParser", "parser.NamespaceDetails",
							"plugin.Plugin", "precondition.Precondition", "serializer.ChangeLogSerializer")
					.map("META-INF/services/liquibase."::concat))
		.map("classpath*:"::concat)
		.toList();

	/**
	 * Classes that do what {@link SpringLiquibase} does.
	 */
	private static final List<String> CLASSES = List.of(SpringLiquibase.class.getName(),
			"org.springframework.boot.liquibase.autoconfigure.DataSourceClosingSpringLiquibase");

	private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]*");

	private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^${}]*)}");

	/**
	 * Parameters that Liquibase sets itself, from the database or the run.
	 */
	private static final Pattern OF_LIQUIBASE = Pattern.compile("(?i)database\\..*|liquibase_execution_.*");

	private final SpringLiquibase bean;

	private final BiConsumer<SchemaTables, String> recognised;

	private boolean recording;

	private @Nullable RecordedResources resources;

	/**
	 * What the last comparison has read.
	 */
	private @Nullable Manifest manifest;

	/**
	 * Create the recognition of a bean.
	 * @param recognised receives the tables and the level of a schema that was recognised
	 */
	LiquibaseRecognition(SpringLiquibase bean, BiConsumer<SchemaTables, String> recognised) {
		this.bean = bean;
		this.recognised = recognised;
	}

	@Override
	public void record() {
		this.recording = true;
	}

	/**
	 * Return what finds the resources when Liquibase is about to read the changelog.
	 * @return finds the resources, and takes note of them if that is wanted
	 */
	@Nullable ResourceLoader getResources() throws IOException {
		if (!this.recording) {
			return this.bean.getResourceLoader();
		}
		RecordedResources recorded = new RecordedResources(this.bean.getResourceLoader());
		for (String location : LIBRARY) {
			recorded.getResources(location);
		}
		this.resources = recorded;
		return recorded;
	}

	@Override
	public @Nullable String findSettings() {
		if (!CLASSES.contains(this.bean.getClass().getName()) || mayDoMore() || !hasSimpleNames()) {
			return null;
		}
		Fingerprint fingerprint = new Fingerprint().add("changeLog", this.bean.getChangeLog())
			.add("contexts", this.bean.getContexts())
			.add("labelFilter", this.bean.getLabelFilter())
			.add("defaultSchema", this.bean.getDefaultSchema())
			.add("liquibaseSchema", this.bean.getLiquibaseSchema())
			.add("liquibaseTablespace", this.bean.getLiquibaseTablespace())
			.add("databaseChangeLogTable", this.bean.getDatabaseChangeLogTable())
			.add("databaseChangeLogLockTable", this.bean.getDatabaseChangeLogLockTable())
			.add("charset", Charset.defaultCharset());
		for (Map.Entry<String, String> setting : ofLiquibase().entrySet()) {
			if (Redaction.isCredential(setting.getKey())) {
				return null;
			}
			fingerprint.add(setting.getKey(), setting.getValue());
		}
		return fingerprint.toHex();
	}

	private boolean mayDoMore() {
		return this.bean.isDropFirst() || this.bean.isClearCheckSums() || this.bean.isTestRollbackOnUpdate()
				|| StringUtils.hasText(this.bean.getTag()) || this.bean.getLicenseKey() != null || isSet("rollbackFile")
				|| isSet("customizer");
	}

	private boolean isSet(String field) {
		return get(field) != null;
	}

	private @Nullable Object get(String field) {
		Field found = ReflectionUtils.findField(SpringLiquibase.class, field);
		Assert.state(found != null, () -> "This version of Liquibase is not supported: no field " + field);
		ReflectionUtils.makeAccessible(found);
		return ReflectionUtils.getField(found, this.bean);
	}

	private boolean hasSimpleNames() {
		String schema = schema();
		return (schema == null || NAME.matcher(schema).matches()) && NAME.matcher(historyTable()).matches()
				&& NAME.matcher(lockTable()).matches();
	}

	// Liquibase's own settings apply to each bean
	private static Map<String, String> ofLiquibase() {
		Map<String, String> settings = new TreeMap<>();
		System.getProperties().forEach((name, value) -> {
			if (name.toString().toLowerCase(Locale.ROOT).startsWith("liquibase.")) {
				settings.put(name.toString(), value.toString());
			}
		});
		System.getenv().forEach((name, value) -> {
			if (name.toUpperCase(Locale.ROOT).startsWith("LIQUIBASE_")) {
				settings.put(name, value);
			}
		});
		return settings;
	}

	private @Nullable String schema() {
		if (StringUtils.hasText(this.bean.getLiquibaseSchema())) {
			return this.bean.getLiquibaseSchema();
		}
		return StringUtils.hasText(this.bean.getDefaultSchema()) ? this.bean.getDefaultSchema() : null;
	}

	private String historyTable() {
		return nameOf(this.bean.getDatabaseChangeLogTable(), "databasechangelog");
	}

	private String lockTable() {
		return nameOf(this.bean.getDatabaseChangeLogLockTable(), "databasechangeloglock");
	}

	private static String nameOf(@Nullable String table, String standard) {
		return StringUtils.hasText(table) ? table.toLowerCase(Locale.ROOT) : standard;
	}

	@Override
	public History getHistory() {
		return new History(qualified(schema(), historyTable()), "orderexecuted",
				qualified(schema(), SchemaTables.LEASE_TABLE), qualified(schema(), SchemaTables.MANIFEST_TABLE),
				"NOT EXISTS (SELECT 1 FROM %s WHERE locked)".formatted(qualified(schema(), lockTable())),
				"h.id, h.author, h.filename, h.tag, h.dateexecuted, h.orderexecuted",
				"h.orderexecuted DESC, h.dateexecuted DESC");
	}

	@Override
	public SchemaTables tablesIn(@Nullable String current) {
		String schema = (schema() != null) ? schema() : current;
		String lock = qualified(schema, lockTable());
		return SchemaTables.of(schema, qualified(schema, historyTable()), List.of(lock), lock,
				(table) -> qualified(schema, table));
	}

	private static String qualified(@Nullable String schema, String table) {
		return (schema != null) ? schema + "." + table : table;
	}

	@Override
	public SchemaVersion toVersion(ResultSet row, int column) throws SQLException {
		Timestamp executedAt = row.getTimestamp(column + 4);
		return new SchemaVersion(
				new ChangeSetReference(row.getString(column), row.getString(column + 1), row.getString(column + 2)),
				row.getString(column + 3), (executedAt != null) ? executedAt.toInstant() : null,
				row.getInt(column + 5));
	}

	@Override
	public @Nullable List<ChangeSetReference> readBehind(Connection connection, long order) throws SQLException {
		String sql = "SELECT h.id, h.author, h.filename, EXISTS (SELECT 1 FROM %1$s b WHERE b.orderexecuted <= ? "
				+ "AND lower(b.id) = lower(h.id) AND lower(b.author) = lower(h.author)) FROM %1$s h "
				+ "WHERE h.orderexecuted > ? ORDER BY h.orderexecuted, h.dateexecuted";
		List<ChangeSetReference> behind = new ArrayList<>();
		boolean again = false;
		try (PreparedStatement statement = connection
			.prepareStatement(sql.formatted(qualified(schema(), historyTable())))) {
			statement.setLong(1, order);
			statement.setLong(2, order);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					behind.add(new ChangeSetReference(rows.getString(1), rows.getString(2), rows.getString(3)));
					again |= rows.getBoolean(4);
				}
			}
		}
		return again ? null : behind;
	}

	/**
	 * Note what a comparison has read.
	 * @param absent the id and author of each change set that the code knows, and that is
	 * not in the history; {@code null} when a run may do something although nothing was
	 * found
	 */
	void compared(String level, SchemaTables tables, @Nullable List<String> absent) {
		this.manifest = (absent != null) ? toManifest(level, tables, absent) : null;
	}

	/**
	 * Forget what was read.
	 */
	void forget() {
		this.manifest = null;
	}

	@Override
	public @Nullable Manifest findManifest() {
		return this.manifest;
	}

	@Override
	public void recognised(SchemaTables tables, String level) {
		this.recognised.accept(tables, level);
	}

	private @Nullable Manifest toManifest(String level, SchemaTables tables, List<String> absent) {
		RecordedResources recorded = this.resources;
		if (recorded == null || recorded.getGap() != null) {
			return null;
		}
		List<String> names = List.copyOf(recorded.getParameters());
		String values = digestValues(names);
		return (values != null)
				? new Manifest(level, tables.digest(), names, values, Map.copyOf(recorded.getDigests()), absent) : null;
	}

	@Override
	public @Nullable String findDifference(Manifest manifest) {
		if (!manifest.values().equals(digestValues(manifest.parameters()))) {
			return "a parameter of the changelog differs";
		}
		String different = RecordedResources.findDifferent(this.bean.getResourceLoader(), manifest.resources());
		return (different != null) ? "a resource differs: " + different : null;
	}

	// Liquibase finds a parameter without regard to case, and a value may refer to others
	private @Nullable String digestValues(List<String> names) {
		Fingerprint fingerprint = new Fingerprint();
		Deque<String> open = new ArrayDeque<>(names);
		TreeSet<String> seen = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
		while (!open.isEmpty()) {
			String name = open.remove();
			if (!seen.add(name)) {
				continue;
			}
			if (OF_LIQUIBASE.matcher(name).matches() || Redaction.isCredential(name)) {
				return null;
			}
			for (String value : valuesOf(name)) {
				fingerprint.add(name, value);
				Matcher references = REFERENCE.matcher(value);
				while (references.find()) {
					open.add(references.group(1).trim());
				}
			}
		}
		return fingerprint.toHex();
	}

	private List<String> valuesOf(String name) {
		Map<?, ?> parameters = (get("parameters") instanceof Map<?, ?> known) ? known : Map.of();
		return Stream.<Map<?, ?>>of(System.getenv(), System.getProperties(), parameters)
			.flatMap((source) -> source.entrySet()
				.stream()
				.filter((entry) -> name.equalsIgnoreCase(String.valueOf(entry.getKey())))
				.map((entry) -> "%s=%s".formatted(entry.getKey(), entry.getValue()))
				.sorted())
			.toList();
	}

}
