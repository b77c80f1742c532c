// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.time.Duration;
import java.util.Map;

import dev.lockkeeper.actuate.page.SchemaPage;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaLook;
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
 * Tells what each schema is, and why, with its run in progress and the runs before. Looks
 * again when the last answer is older than a second, with one connection at a time, which
 * is the same for all schemas that have the same data source.
 *
 * @since 0.1.0
 */
@Endpoint(id = "schema")
@RegisterReflectionForBinding({ SchemasDescriptor.class, SchemaDescriptor.class, RunsDescriptor.class })
public class SchemaEndpoint {

	private static final Duration FRESH = Duration.ofSeconds(1);

	private static final String RUNS = "/runs";

	private final SchemaGate gate;

	private final ModeDecision decision;

	private final RunOrigin process;

	/**
	 * Create an endpoint.
	 * @param gate knows the schemas
	 * @param decision the mode of the process
	 * @param process what its runs say of the process
	 */
	public SchemaEndpoint(SchemaGate gate, ModeDecision decision, RunOrigin process) {
		this.gate = gate;
		this.decision = decision;
		this.process = process;
	}

	/**
	 * Describe every governed schema.
	 * @return the description
	 */
	@ReadOperation
	public SchemasDescriptor schemas() {
		return SchemasDescriptor.of(this.decision, this.gate.look(FRESH));
	}

	/**
	 * Show every governed schema to a browser.
	 * @return a page of HTML
	 */
	@ReadOperation(produces = "text/html;charset=UTF-8")
	public String page() {
		Map<String, SchemaLook> looks = this.gate.look(FRESH);
		return SchemaPage.toHtml(this.decision, this.process, looks, this.gate.isOpen());
	}

	/**
	 * Describe one schema, or its runs.
	 * @param path the name of the schema, which may have several parts; {@code runs} as
	 * the last part asks for the runs, unless a schema has that very name
	 * @return a {@link SchemaDescriptor} or a {@link RunsDescriptor}; {@code null} when
	 * there is no such schema
	 */
	@ReadOperation
	public @Nullable Object schema(@Selector(match = Match.ALL_REMAINING) String... path) {
		String name = String.join("/", path);
		SchemaLook look = this.gate.look(name, FRESH);
		if (look != null) {
			return SchemaDescriptor.of(look);
		}
		if (!name.endsWith(RUNS)) {
			return null;
		}
		String schema = name.substring(0, name.length() - RUNS.length());
		SchemaLook ofRuns = this.gate.look(schema, FRESH);
		return (ofRuns != null) ? RunsDescriptor.of(schema, ofRuns) : null;
	}

}
