// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import org.jspecify.annotations.Nullable;

/**
 * A berth, as the harbour board shows it.
 *
 * @param name its name
 * @param quay the quay that it belongs to
 * @param lengthMetres the longest ship that fits, in metres
 * @param bookings the number of its bookings
 * @param nextShip the ship that arrives next, if one is booked
 */
record Berth(String name, String quay, int lengthMetres, int bookings, @Nullable String nextShip) {
}
