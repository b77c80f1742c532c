// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

/**
 * How an application gives an engine a data source beside its own, in words.
 *
 * @param engine the name of the engine
 * @param urlProperty the setting of its URL
 * @param advice how to give the engine one that is not derived: sentences
 * @since 0.1.0
 */
public record OwnDataSource(String engine, String urlProperty, String advice) {
}
