// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * The berths and their bookings.
 */
@Repository
class Harbour {

	private final JdbcClient jdbc;

	Harbour(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	List<Berth> berths() {
		return this.jdbc.sql("SELECT name, quay, length_metres, bookings, next_ship FROM harbour_board ORDER BY name")
			.query(Berth.class)
			.list();
	}

	/**
	 * Book a berth.
	 * @return whether there was such a berth, free on all of these days
	 */
	boolean book(Booking booking) {
		return this.jdbc.sql("SELECT book_berth(:berth, :ship, :arrival, :departure)")
			.paramSource(booking)
			.query(Boolean.class)
			.single();
	}

}
