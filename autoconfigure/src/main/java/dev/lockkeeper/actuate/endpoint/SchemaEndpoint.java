// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.time.Duration;
import java.util.Map;

import dev.lockkeeper.actuate.endpoint.SchemaPath.View;
import dev.lockkeeper.actuate.page.AppliedPage;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.page.RunsPage;
import dev.lockkeeper.actuate.page.SchemaPage;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.AppliedChangeSets;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.view.AppliedDescriptor;
import dev.lockkeeper.view.RunsDescriptor;
import dev.lockkeeper.view.SchemaDescriptor;
import dev.lockkeeper.view.SchemasDescriptor;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;

/**
 * Describes what each schema is, and why, with its run in progress and the runs before.
 * Inspects again when the last answer is older than a second, over one connection at a
 * time, the same for all schemas that have the same data source. The change sets of a
 * history are read anew for each request.
 *
 * @since 0.1.0
 */
@Endpoint(id = "schema")
@RegisterReflectionForBinding({ SchemasDescriptor.class, SchemaDescriptor.class, RunsDescriptor.class,
		AppliedDescriptor.class })
public class SchemaEndpoint {

	private static final Duration FRESH = Duration.ofSeconds(1);

	private final SchemaGate gate;

	private final ModeDecision decision;

	private final PageContext context;

	/**
	 * Create an endpoint.
	 * @param gate knows the schemas
	 * @param decision the mode of the process
	 * @param context what all pages have in common
	 */
	public SchemaEndpoint(SchemaGate gate, ModeDecision decision, PageContext context) {
		this.gate = gate;
		this.decision = decision;
		this.context = context;
	}

	/**
	 * Describe every governed schema.
	 * @return the description
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public SchemasDescriptor schemas() {
		return SchemasDescriptor.of(this.decision, this.gate.inspect(FRESH));
	}

	/**
	 * Describe one schema, its runs, or the change sets of its history.
	 * @param path the name of the schema, which may have several parts; {@code runs} or
	 * {@code applied} as the last part selects those, unless a schema has that very name
	 * @return a {@link SchemaDescriptor}, a {@link RunsDescriptor} or an
	 * {@link AppliedDescriptor}; {@code null} when there is no such schema
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public @Nullable Object schema(@Selector(match = Match.ALL_REMAINING) String... path) {
		return describe(null, path);
	}

	@Nullable Object describe(@Nullable String filter, String... path) {
		SchemaPath selected = find(path);
		if (selected == null || selected.view() == View.SQL) {
			return null;
		}
		String name = selected.schema();
		if (selected.view() == View.APPLIED) {
			AppliedChangeSets applied = this.gate.findApplied(name, (filter != null) ? filter : "");
			return (applied != null) ? AppliedDescriptor.of(name, applied) : null;
		}
		SchemaInspection inspection = this.gate.inspect(name, FRESH);
		if (inspection == null) {
			return null;
		}
		return (selected.view() == View.RUNS) ? RunsDescriptor.of(name, inspection) : SchemaDescriptor.of(inspection);
	}

	/**
	 * Return the page of all schemas.
	 * @param sql whether it leads to the SQL of what is missing
	 */
	String page(boolean sql) {
		Map<String, SchemaInspection> inspections = this.gate.inspect(FRESH);
		return SchemaPage.toHtml(this.decision, this.context, inspections, this.gate.isOpen(), sql);
	}

	/**
	 * Return a page of one schema, or {@code null} when what the path selects has no
	 * page.
	 */
	@Nullable String page(@Nullable String filter, String... path) {
		SchemaPath selected = find(path);
		if (selected == null || selected.view() == View.SCHEMA || selected.view() == View.SQL) {
			return null;
		}
		String name = selected.schema();
		if (selected.view() == View.APPLIED) {
			AppliedChangeSets applied = this.gate.findApplied(name, (filter != null) ? filter : "");
			return (applied != null) ? AppliedPage.toHtml(this.context, name, applied) : null;
		}
		SchemaInspection inspection = this.gate.inspect(name, FRESH);
		return (inspection != null) ? RunsPage.toHtml(this.context, name, inspection) : null;
	}

	@Nullable SchemaPath find(String... path) {
		return SchemaPath.of(path, (name) -> this.gate.getKnown(name) != null);
	}

}
