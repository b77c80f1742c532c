// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * Identifies a run.
 *
 * @param schema the name of the schema
 * @param runId the identifier of the run, which no other run ever has
 * @since 0.1.0
 */
public record RunReference(String schema, String runId) {
}
