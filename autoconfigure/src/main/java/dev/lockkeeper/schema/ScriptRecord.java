// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

/**
 * The record of one script.
 *
 * @param digest the digest of its statements and of the schema in which they are
 * executed, 64 hexadecimal digits
 * @param initializer the name of the bean that executes it
 * @param script the name of the script
 * @param number the place in the order of execution, from 1
 * @param executedAt when it was executed last
 * @since 0.1.0
 */
public record ScriptRecord(String digest, String initializer, String script, int number, Instant executedAt) {

}
