// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

import dev.lockkeeper.testsupport.Requirement;

/**
 * The program {@code jq}, which the runners of GitHub have and pipelines of GitLab
 * install.
 */
final class Jq {

	private Jq() {
	}

	/**
	 * Skip the test without it, or fail where it is required.
	 */
	static void require() {
		boolean present = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((directory) -> Files.isExecutable(Path.of(directory, "jq")));
		Requirement.require("jq", present ? Optional.empty() : Optional.of("No jq is in the PATH"));
	}

}
