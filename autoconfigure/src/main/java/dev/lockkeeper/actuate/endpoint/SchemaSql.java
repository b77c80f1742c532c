// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.endpoint;

import java.util.Collection;
import java.util.Set;

import dev.lockkeeper.question.PendingSql;
import dev.lockkeeper.question.SqlAnswer;
import dev.lockkeeper.question.SqlAnswer.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * The SQL of what is pending, as the web shows it to authorized users.
 *
 * @since 0.1.0
 */
public final class SchemaSql {

	private static final String SETTING = "management.endpoint.schema.show-values";

	private static final String ROLES_SETTING = "management.endpoint.schema.roles";

	private static final String REFUSAL = """
			-- The SQL of what is pending is shown only where %s allows it.
			-- %s
			""";

	private static final int FORBIDDEN = 403;

	private static final int CONFLICT = 409;

	private final PendingSql sql;

	private final Show showValues;

	private final Set<String> roles;

	/**
	 * Create the resource.
	 * @param sql knows the SQL of what is pending
	 * @param showValues when it is shown
	 * @param roles the roles of which an authorized user has one; when it is empty, every
	 * user is authorized
	 */
	public SchemaSql(PendingSql sql, Show showValues, Collection<String> roles) {
		this.sql = sql;
		this.showValues = showValues;
		this.roles = Set.copyOf(roles);
	}

	/**
	 * Return whether a user may see it.
	 */
	boolean isShown(SecurityContext securityContext) {
		return this.showValues.isShown(securityContext, this.roles);
	}

	/**
	 * Return the SQL of what is pending in a schema, or why it is not shown; {@code null}
	 * when there is no such schema.
	 */
	@Nullable WebEndpointResponse<Object> answer(SecurityContext securityContext, String schema) {
		if (!isShown(securityContext)) {
			return text(refusal(), FORBIDDEN);
		}
		SqlAnswer answer = this.sql.of(schema);
		return (answer != null) ? text(answer.text(), statusOf(answer.kind())) : null;
	}

	private static WebEndpointResponse<Object> text(String text, int status) {
		return new WebEndpointResponse<>(text, status, SchemaRepresentation.TEXT.getProducedMimeType());
	}

	private String refusal() {
		String reason = (this.showValues == Show.NEVER)
				? "It is set to never, the default. Set it to when-authorized, or to always."
				: "It is set to when-authorized: log in, as a user with one of the roles in " + ROLES_SETTING
						+ " if there are any.";
		return REFUSAL.formatted(SETTING, reason);
	}

	private static int statusOf(Kind kind) {
		return switch (kind) {
			case SQL -> WebEndpointResponse.STATUS_OK;
			case REFUSED -> CONFLICT;
			case UNAVAILABLE -> WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE;
			case FAILED -> WebEndpointResponse.STATUS_INTERNAL_SERVER_ERROR;
		};
	}

}
