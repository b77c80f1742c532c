// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Set;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the {@link SchemaEndpoint}, beside those that every endpoint has.
 *
 * @param showValues When to show the SQL of what is pending.
 * @param roles Roles used to determine whether a user is authorized to be shown the SQL
 * of what is pending. When empty, all authenticated users are authorized.
 * @param runbookUrl Address of a page of yours with what to do about a failed run, to
 * which the page of the endpoint links. '{status}' in it stands for the status of the run
 * in lower case, such as 'migration'.
 * @since 0.1.0
 */
@ConfigurationProperties("management.endpoint.schema")
public record SchemaEndpointProperties(@DefaultValue("never") Show showValues, @DefaultValue Set<String> roles,
		@Nullable String runbookUrl) {
}
