// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

/**
 * The level that one piece of code expects of a schema: all its change sets, with their
 * content. Equal levels are reached by the same change sets, whatever release they are
 * from.
 *
 * @param history the qualified name of the table that holds the history
 * @param digest a digest over the expected change sets, 64 hexadecimal digits
 * @since 0.1.0
 */
public record SchemaLevel(String history, String digest) {
}
