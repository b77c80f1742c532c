// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import dev.lockkeeper.actuate.endpoint.SchemaPath;
import dev.lockkeeper.actuate.endpoint.SchemaRepresentation;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.page.Runbook;
import dev.lockkeeper.actuate.page.RunsPage;
import dev.lockkeeper.actuate.page.SchemaPage;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.view.DescriptorJson;
import dev.lockkeeper.view.RunsDescriptor;
import dev.lockkeeper.view.SchemaDescriptor;
import dev.lockkeeper.view.SchemasDescriptor;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.ProducibleOperationArgumentResolver;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.util.StringUtils;

/**
 * Answers as the endpoint {@code schema} does, with the inspections of the start. Queries
 * no database.
 */
final class EarlySchemaEndpoint {

	/**
	 * Why the endpoint is not shown yet.
	 */
	static final String WITHHELD = "While the application starts, this is answered only at a management port of its own "
			+ "that Spring Security does not guard, or with lockkeeper.probe.schema=always.";

	private static final int OK = 200;

	private static final int NOT_FOUND = 404;

	private static final int NOT_ACCEPTABLE = 406;

	private final String path;

	private final ModeDecision decision;

	private final Supplier<Map<String, SchemaInspection>> inspections;

	private final boolean shown;

	private final @Nullable Runbook runbook;

	private final Supplier<@Nullable RunOrigin> process;

	/**
	 * Create an endpoint.
	 * @param path the path at which the application will have it
	 * @param decision the mode of the process
	 * @param inspections gives the last inspections, by the names of the schemas
	 * @param shown whether it may be shown already
	 * @param runbook the runbook that a failed run leads to, if there is one
	 * @param process gives what is known of the process; {@code null} while the
	 * application is not known to have the endpoint
	 */
	EarlySchemaEndpoint(String path, ModeDecision decision, Supplier<Map<String, SchemaInspection>> inspections,
			boolean shown, @Nullable Runbook runbook, Supplier<@Nullable RunOrigin> process) {
		this.path = path;
		this.decision = decision;
		this.inspections = inspections;
		this.shown = shown;
		this.runbook = runbook;
		this.process = process;
	}

	/**
	 * Return whether a request is for this endpoint.
	 * @param requested the path of the request, decoded
	 */
	boolean isAt(String requested) {
		return (requested.equals(this.path) || requested.startsWith(this.path + "/")) && this.process.get() != null;
	}

	/**
	 * Return whether what is known may be shown already.
	 */
	boolean isShown() {
		return this.shown;
	}

	/**
	 * Answer a request to read.
	 * @param requested the path of the request, decoded
	 * @param accept the values of the header {@code Accept}, if there is one
	 * @return the answer; {@code null} for what no inspection has, and the application
	 * answers later
	 */
	@Nullable Answer answer(String requested, @Nullable List<String> accept) {
		SchemaRepresentation form = choose(accept);
		if (form == null) {
			return new Answer(NOT_ACCEPTABLE, null, "");
		}
		PageContext context = PageContext.of(Objects.requireNonNull(this.process.get()), this.path, this.runbook);
		Map<String, SchemaInspection> known = this.inspections.get();
		if (requested.equals(this.path)) {
			return (form == SchemaRepresentation.HTML)
					? page(SchemaPage.toHtml(this.decision, context, known, false, false))
					: json(SchemasDescriptor.of(this.decision, known), form);
		}
		String[] parts = StringUtils.tokenizeToStringArray(requested.substring(this.path.length()), "/");
		SchemaPath wanted = SchemaPath.of(parts, known::containsKey);
		SchemaInspection inspection = (wanted != null) ? known.get(wanted.schema()) : null;
		if (wanted == null || inspection == null) {
			return new Answer(NOT_FOUND, null, "");
		}
		return switch (wanted.view()) {
			case SCHEMA -> json(SchemaDescriptor.of(inspection), form);
			case RUNS ->
				(form == SchemaRepresentation.HTML) ? page(RunsPage.toHtml(context, wanted.schema(), inspection))
						: json(RunsDescriptor.of(wanted.schema(), inspection), form);
			default -> null;
		};
	}

	// As Spring Boot chooses for the endpoint
	private static @Nullable SchemaRepresentation choose(@Nullable List<String> accept) {
		try {
			return new ProducibleOperationArgumentResolver(() -> (accept != null) ? accept : List.of())
				.resolve(SchemaRepresentation.class);
		}
		catch (InvalidMimeTypeException ex) {
			return null;
		}
	}

	private static Answer page(String html) {
		return new Answer(OK, SchemaRepresentation.HTML.getProducedMimeType().toString(), html);
	}

	private static Answer json(Record descriptor, SchemaRepresentation form) {
		return new Answer(OK, form.ofDescription().getProducedMimeType().toString(), DescriptorJson.of(descriptor));
	}

	/**
	 * An answer.
	 *
	 * @param status the HTTP status
	 * @param type the media type of the body; {@code null} without a body
	 * @param body the body
	 */
	record Answer(int status, @Nullable String type, String body) {
	}

}
