// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import dev.lockkeeper.actuate.endpoint.SchemaPath.View;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/**
 * The {@link SchemaEndpoint} over the web: a page for a browser, and JSON for a program.
 *
 * @since 0.1.0
 */
@EndpointWebExtension(endpoint = SchemaEndpoint.class)
public class SchemaEndpointWebExtension {

	private final SchemaEndpoint endpoint;

	private final SchemaSql sql;

	/**
	 * Create the extension.
	 * @param endpoint the endpoint
	 * @param sql the SQL of what is pending
	 */
	public SchemaEndpointWebExtension(SchemaEndpoint endpoint, SchemaSql sql) {
		this.endpoint = endpoint;
		this.sql = sql;
	}

	/**
	 * Describe every governed schema.
	 * @param securityContext the user of the request
	 * @param representation the form that the request accepts
	 * @return the page or the description
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public WebEndpointResponse<Object> schemas(SecurityContext securityContext, SchemaRepresentation representation) {
		if (representation == SchemaRepresentation.HTML) {
			return new WebEndpointResponse<>(this.endpoint.page(this.sql.isShown(securityContext)), representation);
		}
		return described(this.endpoint.schemas(), representation);
	}

	/**
	 * Describe one schema, its runs, or its change sets, or return the SQL of what is
	 * pending. The schema alone is always JSON, without a page; the SQL is always text.
	 * @param securityContext the user of the request
	 * @param representation the form that the request accepts
	 * @param filter the part of an id, an author or a file that change sets have
	 * @param path the name of the schema, and what the request selects of it
	 * @return the page or the description; {@code null} when there is no such schema
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public @Nullable WebEndpointResponse<Object> schema(SecurityContext securityContext,
			SchemaRepresentation representation, @Nullable String filter,
			@Selector(match = Match.ALL_REMAINING) String... path) {
		SchemaPath selected = this.endpoint.find(path);
		if (selected != null && selected.view() == View.SQL) {
			return this.sql.answer(securityContext, selected.schema());
		}
		String page = (representation == SchemaRepresentation.HTML) ? this.endpoint.page(filter, path) : null;
		if (page != null) {
			return new WebEndpointResponse<>(page, representation);
		}
		Object description = this.endpoint.describe(filter, path);
		return (description != null) ? described(description, representation) : null;
	}

	private static WebEndpointResponse<Object> described(Object description, SchemaRepresentation representation) {
		return new WebEndpointResponse<>(description, representation.ofDescription());
	}

}
