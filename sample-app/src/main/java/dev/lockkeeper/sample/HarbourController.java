// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.util.List;

import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * The harbour on the web.
 */
@RestController
class HarbourController {

	private final Harbour harbour;

	HarbourController(Harbour harbour) {
		this.harbour = harbour;
	}

	@GetMapping("/berths")
	List<Berth> berths() {
		return this.harbour.berths();
	}

	@PostMapping("/bookings")
	ResponseEntity<Booking> book(@RequestBody Booking booking) {
		if (!booking.isPossible()) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST,
					"A booking needs a berth, a ship, an arrival, and a departure after it");
		}
		boolean booked = this.harbour.book(booking);
		return ResponseEntity.status(booked ? HttpStatus.CREATED : HttpStatus.CONFLICT).body(booking);
	}

}
