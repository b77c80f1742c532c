// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.jmx.annotation.EndpointJmxExtension;

/**
 * The {@link SchemaEndpoint} over JMX, where an operation of its own has the page.
 *
 * @since 0.1.0
 */
@EndpointJmxExtension(endpoint = SchemaEndpoint.class)
public class SchemaEndpointJmxExtension {

	private final SchemaEndpoint endpoint;

	/**
	 * Create the extension.
	 * @param endpoint the endpoint
	 */
	public SchemaEndpointJmxExtension(SchemaEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * Show every governed schema.
	 * @return a page of HTML
	 */
	@ReadOperation
	public String page() {
		return this.endpoint.page(false);
	}

}
