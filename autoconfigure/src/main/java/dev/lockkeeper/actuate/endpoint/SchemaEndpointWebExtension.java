// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import org.jspecify.annotations.Nullable;

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

	/**
	 * Create the extension.
	 * @param endpoint the endpoint
	 */
	public SchemaEndpointWebExtension(SchemaEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * Describe every governed schema.
	 * @param representation the form that the request accepts
	 * @return the page or the description
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public WebEndpointResponse<Object> schemas(SchemaRepresentation representation) {
		return answer((representation == SchemaRepresentation.HTML) ? this.endpoint.page() : this.endpoint.schemas(),
				representation);
	}

	/**
	 * Describe one schema, its runs, or its change sets. Of the schema alone there is no
	 * page: it is JSON in any case.
	 * @param representation the form that the request accepts
	 * @param filter the part of an id, an author or a file that change sets have
	 * @param path the name of the schema, and what is asked of it
	 * @return the page or the description; {@code null} when there is no such schema
	 */
	@ReadOperation(producesFrom = SchemaRepresentation.class)
	public @Nullable WebEndpointResponse<Object> schema(SchemaRepresentation representation, @Nullable String filter,
			@Selector(match = Match.ALL_REMAINING) String... path) {
		String page = (representation == SchemaRepresentation.HTML) ? this.endpoint.page(filter, path) : null;
		if (page != null) {
			return answer(page, representation);
		}
		Object description = this.endpoint.describe(filter, path);
		return (description != null)
				? answer(description,
						(representation == SchemaRepresentation.HTML) ? SchemaRepresentation.JSON : representation)
				: null;
	}

	private static WebEndpointResponse<Object> answer(Object body, SchemaRepresentation representation) {
		return new WebEndpointResponse<>(body, representation);
	}

}
