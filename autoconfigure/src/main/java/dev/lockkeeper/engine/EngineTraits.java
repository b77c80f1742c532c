// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

/**
 * What the settings of an engine make of its runs.
 *
 * @param dropsFirst whether a run begins by dropping everything
 * @param repeatable whether a run may be repeated whose connection was lost: all that it
 * does is part of transactions that carry their record
 * @since 0.1.0
 */
public record EngineTraits(boolean dropsFirst, boolean repeatable) {
}
