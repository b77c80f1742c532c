// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import dev.lockkeeper.schema.DatabaseFailure;
import org.jspecify.annotations.Nullable;

/**
 * Why a data source could not be created.
 *
 * @param reported what the database has reported when the data source connected;
 * {@code null} when a setting is at fault
 * @param sqlState the SQLSTATE, if the database gave one
 * @param message what happened
 * @param action what to do about it
 * @since 0.1.0
 */
public record DataSourceFailure(@Nullable DatabaseFailure reported, @Nullable String sqlState, String message,
		String action) {
}
