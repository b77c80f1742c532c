// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Reads what {@code schema.sql} and {@code data.sql} have made.
 */
@RestController
class PortController {

	private final JdbcClient client;

	PortController(JdbcClient client) {
		this.client = client;
	}

	@GetMapping("/ports")
	List<String> ports() {
		return this.client.sql("SELECT name FROM port ORDER BY name").query(String.class).list();
	}

}
