// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.time.LocalDate;

import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A booking of a berth, as a request has it: anything may be missing.
 *
 * @param berth the name of the berth
 * @param ship the name of the ship
 * @param arrival the first day
 * @param departure the day on which the berth is free again
 */
record Booking(@Nullable String berth, @Nullable String ship, @Nullable LocalDate arrival,
		@Nullable LocalDate departure) {

	boolean isPossible() {
		return StringUtils.hasText(this.berth) && StringUtils.hasText(this.ship) && this.arrival != null
				&& this.departure != null && this.departure.isAfter(this.arrival);
	}

}
