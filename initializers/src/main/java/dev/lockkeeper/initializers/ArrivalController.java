// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.util.List;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Publishes events that Spring Modulith keeps until their listener has completed.
 */
@RestController
class ArrivalController {

	private final ApplicationEventPublisher publisher;

	private final JdbcClient client;

	ArrivalController(ApplicationEventPublisher publisher, JdbcClient client) {
		this.publisher = publisher;
		this.client = client;
	}

	@PostMapping("/arrivals/{ship}")
	@Transactional
	public void publish(@PathVariable String ship) {
		this.publisher.publishEvent(new ShipArrived(ship));
	}

	@GetMapping("/arrivals")
	List<String> completed() {
		return this.client
			.sql("SELECT serialized_event FROM event_publication WHERE completion_date IS NOT NULL ORDER BY 1")
			.query(String.class)
			.list();
	}

	/**
	 * A ship is there.
	 *
	 * @param ship its name
	 */
	record ShipArrived(String ship) {
	}

}
