// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.List;

import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * Base of all exceptions with which Lockkeeper ends a process. The message says what
 * happened, the {@link #getAction() action} what to do about it; neither contains a
 * credential.
 * <p>
 * Deliberately not an {@code ExitCodeGenerator}: for those Spring Boot publishes an event
 * to a context whose refresh has failed, which creates the listeners of the user, and
 * loses the code when one of them cannot be created.
 *
 * @since 0.1.0
 */
public abstract class LockkeeperException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private static final List<ConfigurationPropertyName> SETTINGS = List.of(ConfigurationPropertyName.of("lockkeeper"),
			ConfigurationPropertyName.of("management.endpoint.schema"));

	/** How the process ends. */
	private final ExitStatus status;

	/** What to do. */
	private final String action;

	/**
	 * Create an exception.
	 * @param status how the process ends when the exception is not handled
	 * @param message what happened; anything in it that looks like a credential is
	 * replaced
	 * @param action what to do about it, an imperative; likewise
	 * @param cause the cause, if there is one
	 */
	protected LockkeeperException(ExitStatus status, String message, String action, @Nullable Throwable cause) {
		super(Redaction.redact(message), cause);
		this.status = status;
		this.action = Redaction.redact(action);
	}

	/**
	 * Return how the process ends when this exception is not handled.
	 * @return the status
	 */
	public ExitStatus getStatus() {
		return this.status;
	}

	/**
	 * Return what to do.
	 * @return the action
	 */
	public String getAction() {
		return this.action;
	}

	/**
	 * Return the verdict that is written when this exception is not handled.
	 * @return the verdict
	 */
	public Verdict toVerdict() {
		return Verdict.of(this.status, getMessage(), this.action);
	}

	/**
	 * Find the exception of Lockkeeper that another one was caused by. A setting of
	 * Lockkeeper that could not be bound counts as one, and so does what was attached to
	 * a failure of something else.
	 * @param failure the failure to search
	 * @return the first exception of Lockkeeper in its chain of causes, or {@code null}
	 */
	public static @Nullable LockkeeperException findIn(@Nullable Throwable failure) {
		Throwable candidate = failure;
		while (candidate != null) {
			if (candidate instanceof LockkeeperException lockkeeperException) {
				return lockkeeperException;
			}
			if (candidate instanceof BindException bindException && isOurs(bindException.getName())) {
				return ConfigurationException.of(bindException);
			}
			ForeignFailureException attached = ForeignFailureException.attachedTo(candidate);
			if (attached != null) {
				return attached;
			}
			candidate = candidate.getCause();
		}
		return null;
	}

	private static boolean isOurs(ConfigurationPropertyName name) {
		return SETTINGS.stream().anyMatch((settings) -> settings.equals(name) || settings.isAncestorOf(name));
	}

}
