// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * The file in which a {@link Verdict} outlives the process. Kubernetes shows it as the
 * message of the terminated container.
 *
 * @since 0.1.0
 */
public final class TerminationMessage {

	/**
	 * The key of the file's path.
	 */
	public static final String PATH_PROPERTY = "lockkeeper.termination-message-path";

	private static final Log logger = LogFactory.getLog(TerminationMessage.class);

	private static final String KUBERNETES_DEFAULT = "/dev/termination-log";

	private final @Nullable String path;

	private TerminationMessage(@Nullable String path) {
		this.path = path;
	}

	/**
	 * Create the termination message that an environment asks for: at the configured
	 * path; without one at {@code /dev/termination-log} on Kubernetes, else nowhere.
	 * @param environment the environment
	 * @return the termination message
	 */
	public static TerminationMessage from(Environment environment) {
		String path = environment.getProperty(PATH_PROPERTY);
		// Only the kubelet creates this file
		if (path == null && Files.isWritable(Path.of(KUBERNETES_DEFAULT))) {
			path = KUBERNETES_DEFAULT;
		}
		return new TerminationMessage(StringUtils.hasText(path) ? path : null);
	}

	/**
	 * Write the verdict, in place of what was there. A failure to write is logged as a
	 * warning, and changes nothing else: the exit code must not depend on a file.
	 * @param verdict the verdict
	 */
	public void write(Verdict verdict) {
		if (this.path == null) {
			return;
		}
		try {
			Files.writeString(Path.of(this.path), verdict.toJson() + "\n");
		}
		catch (IOException | InvalidPathException ex) {
			logger.warn("lockkeeper - verdict not written (%s: %s); make the path writable or change %s"
				.formatted(Redaction.redact(this.path), ex.getClass().getSimpleName(), PATH_PROPERTY));
		}
	}

}
