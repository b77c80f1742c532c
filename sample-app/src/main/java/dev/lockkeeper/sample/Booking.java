// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.time.LocalDate;

/**
 * A booking of a berth.
 *
 * @param berth the name of the berth
 * @param ship the name of the ship
 * @param arrival the first day
 * @param departure the day on which the berth is free again
 */
record Booking(String berth, String ship, LocalDate arrival, LocalDate departure) {
}
