// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import dev.lockkeeper.postgresql.OwnerRole;
import org.jspecify.annotations.Nullable;

/**
 * The roles of PostgreSQL that share the work on a database: one owns what a migration
 * creates, the other one is that of the application.
 *
 * @param owner the role that owns what is created; {@code null} for the login itself
 * @param takesOwner whether the sessions of this process become the owner
 * @param application the role of the application, whose rights are verified; {@code null}
 * to verify none
 * @param required whether a run fails when those rights are not as they must be
 * @since 0.1.0
 */
public record DatabaseRoles(@Nullable String owner, boolean takesOwner, @Nullable String application,
		boolean required) {

	/**
	 * Everything is done as the login, and nothing is verified.
	 */
	public static final DatabaseRoles NONE = new DatabaseRoles(null, false, null, false);

	/**
	 * Return the role that sessions take on, or {@code null} when they work as the login.
	 */
	@Nullable OwnerRole taken() {
		return (this.owner != null && this.takesOwner) ? new OwnerRole(this.owner) : null;
	}

}
