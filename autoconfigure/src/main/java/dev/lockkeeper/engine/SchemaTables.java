// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

import dev.lockkeeper.fastpath.Fingerprint;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one governed schema: those of the engine, and those of Lockkeeper beside
 * them. All names are qualified and quoted as the engine writes them.
 *
 * @param schema the schema in which all of them are, as the engine names it; {@code null}
 * when the connection had no schema
 * @param history the history of change sets
 * @param others the other tables of the engine
 * @param lease the table of the leases
 * @param levels the table of the levels that were reached
 * @param intents the table of what was begun outside of a transaction
 * @param runs the table of the runs
 * @param scripts the table of the scripts that were executed
 * @param manifests the table of what left nothing to do
 * @param leaseName the name of the lease, which no other schema of the database has
 * @param runsOf under which name the table of the runs has those of this schema
 * @since 0.1.0
 */
public record SchemaTables(@Nullable String schema, String history, List<String> others, String lease, String levels,
		String intents, String runs, String scripts, String manifests, String leaseName, String runsOf) {

	/**
	 * The name of the table of the leases.
	 */
	public static final String LEASE_TABLE = "lockkeeper_lock";

	/**
	 * The name of the table of the runs.
	 */
	public static final String RUN_TABLE = "lockkeeper_run";

	/**
	 * The name of the table of what left nothing to do.
	 */
	public static final String MANIFEST_TABLE = "lockkeeper_manifest";

	private static final String LEVEL_TABLE = "lockkeeper_level";

	private static final String INTENT_TABLE = "lockkeeper_intent";

	private static final String SCRIPT_TABLE = "lockkeeper_script";

	/**
	 * Return the tables of a schema.
	 * @param schema the schema, or {@code null} when the connection has none
	 * @param history the qualified name of the history
	 * @param others the qualified names of the other tables of the engine
	 * @param leaseName the name of the lease
	 * @param qualified returns the qualified name of a table in that schema
	 * @return the tables
	 */
	public static SchemaTables of(@Nullable String schema, String history, List<String> others, String leaseName,
			UnaryOperator<String> qualified) {
		return new SchemaTables(schema, history, List.copyOf(others), qualified.apply(LEASE_TABLE),
				qualified.apply(LEVEL_TABLE), qualified.apply(INTENT_TABLE), qualified.apply(RUN_TABLE),
				qualified.apply(SCRIPT_TABLE), qualified.apply(MANIFEST_TABLE), leaseName, history);
	}

	/**
	 * Return the same tables as those of a bean that executes scripts beside the change
	 * sets: its history is the table of the scripts.
	 * @param bean the name of the bean
	 * @return the tables
	 */
	public SchemaTables ofScripts(String bean) {
		return new SchemaTables(this.schema, this.scripts, List.of(), this.lease, this.levels, this.intents, this.runs,
				this.scripts, this.manifests, this.leaseName, "%s %s".formatted(this.scripts, bean));
	}

	/**
	 * Return all of them, the history first.
	 * @return the qualified names
	 */
	public List<String> all() {
		List<String> all = new ArrayList<>(List.of(this.history));
		all.addAll(this.others);
		all.addAll(List.of(this.lease, this.levels, this.intents, this.runs, this.scripts, this.manifests));
		return List.copyOf(all);
	}

	/**
	 * Return a digest over all names.
	 * @return 64 hexadecimal digits
	 */
	public String digest() {
		return new Fingerprint().add("tables", this).toHex();
	}

}
