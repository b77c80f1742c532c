// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.jdbc.store.JdbcMessageStore;
import org.springframework.integration.store.MessageStore;
import org.springframework.integration.support.MessageBuilder;
import org.springframework.messaging.Message;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Keeps messages in the store of Spring Integration.
 */
@RestController
class MessageController {

	private final MessageStore store;

	MessageController(MessageStore store) {
		this.store = store;
	}

	@PostMapping("/messages/{ship}")
	@Nullable UUID add(@PathVariable String ship) {
		return this.store.addMessage(MessageBuilder.withPayload(ship).build()).getHeaders().getId();
	}

	@GetMapping("/messages/{id}")
	@Nullable Object get(@PathVariable UUID id) {
		Message<?> message = this.store.getMessage(id);
		return (message != null) ? message.getPayload() : null;
	}

	/**
	 * Makes the store.
	 */
	@Configuration(proxyBeanMethods = false)
	static class StoreConfiguration {

		@Bean
		JdbcMessageStore messageStore(DataSource dataSource) {
			return new JdbcMessageStore(dataSource);
		}

	}

}
