// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

/**
 * One change of a change set that an engine executes.
 *
 * @param name what the engine calls it
 * @param elsewhere whether it may work elsewhere than on the connection of the run
 * @since 0.1.0
 */
public record RunningChange(String name, boolean elsewhere) {

}
