// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.net.InetSocketAddress;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Where probes are to be answered.
 *
 * @param port the port that the application will listen on
 * @param address its address
 * @param liveness the paths of the liveness probe
 * @param readiness the paths of the readiness probe
 * @param schema the path of the endpoint {@code schema}; {@code null} where the
 * application will not have it
 */
record Opening(WebPort port, InetSocketAddress address, Set<String> liveness, Set<String> readiness,
		@Nullable String schema) {
}
