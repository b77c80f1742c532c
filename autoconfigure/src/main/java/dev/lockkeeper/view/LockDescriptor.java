// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.LockHolder;
import org.jspecify.annotations.Nullable;

/**
 * Describes the holder of the lock.
 *
 * @param holder the name of the holder
 * @param since when it took the lock
 * @param until when the lock expires
 * @since 0.1.0
 */
@JsonInclude
public record LockDescriptor(String holder, @Nullable String since, @Nullable String until) {

	static @Nullable LockDescriptor of(@Nullable LockHolder holder) {
		return (holder != null) ? new LockDescriptor(holder.holder(), SchemaDescriptor.text(holder.since()),
				SchemaDescriptor.text(holder.until())) : null;
	}

}
