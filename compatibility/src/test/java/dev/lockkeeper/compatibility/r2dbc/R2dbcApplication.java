// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.r2dbc;

import reactor.core.publisher.Flux;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application that reads by R2DBC alone, and has JDBC for its migrations.
 */
@RestController
@SpringBootApplication(proxyBeanMethods = false)
public class R2dbcApplication {

	private final DatabaseClient client;

	public R2dbcApplication(DatabaseClient client) {
		this.client = client;
	}

	/**
	 * Return the names of the ships.
	 */
	@GetMapping("/ships")
	public Flux<String> ships() {
		return this.client.sql("select name from ship").mapValue(String.class).all();
	}

	public static void main(String[] arguments) {
		SpringApplication.run(R2dbcApplication.class, arguments);
	}

}
