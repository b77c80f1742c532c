// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.actuate.endpoint.SchemaEndpointJmxExtension;
import dev.lockkeeper.actuate.endpoint.SchemaEndpointWebExtension;
import dev.lockkeeper.actuate.endpoint.SchemaSql;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.page.Runbook;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.question.PendingSql;
import dev.lockkeeper.schema.RunOrigin;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.web.PathMapper;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the {@link SchemaEndpoint}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = LockkeeperAutoConfiguration.class)
@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnBean(SchemaGate.class)
@ConditionalOnLockkeeperEnabled
@ConditionalOnAvailableEndpoint(SchemaEndpoint.class)
@EnableConfigurationProperties(SchemaEndpointProperties.class)
public final class LockkeeperEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	SchemaEndpoint schemaEndpoint(SchemaGate gate, ModeDecision decision, RunOrigin process,
			SchemaEndpointProperties properties, ObjectProvider<PathMapper> pathMappers) {
		String path = PathMapper.getRootPath(pathMappers.orderedStream().toList(), EndpointId.of("schema"));
		return new SchemaEndpoint(gate, decision, PageContext.of(process, path, Runbook.of(properties.runbookUrl())));
	}

	@Bean
	@ConditionalOnBean(SchemaEndpoint.class)
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
	SchemaEndpointWebExtension schemaEndpointWebExtension(SchemaEndpoint endpoint, SchemaGate gate,
			SchemaEndpointProperties properties) {
		return new SchemaEndpointWebExtension(endpoint,
				new SchemaSql(new PendingSql(gate), properties.showValues(), properties.roles()));
	}

	@Bean
	@ConditionalOnBean(SchemaEndpoint.class)
	@ConditionalOnMissingBean
	@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.JMX)
	SchemaEndpointJmxExtension schemaEndpointJmxExtension(SchemaEndpoint endpoint) {
		return new SchemaEndpointJmxExtension(endpoint);
	}

}
