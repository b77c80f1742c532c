// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.stream.Collectors;

import dev.lockkeeper.schema.ChangeSetReference;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Logs the change sets that a run does not execute, because newer code has replaced them.
 */
final class ReplacedChangeSets {

	private static final Log logger = LogFactory.getLog(ReplacedChangeSets.class);

	private ReplacedChangeSets() {
	}

	static void report(MigrationTarget target) {
		String names = target.getReplaced()
			.stream()
			.map(ChangeSetReference::toString)
			.collect(Collectors.joining(", "));
		if (!names.isEmpty()) {
			logger.warn(("lockkeeper - newer code has replaced change sets, and they stay as that code made them "
					+ "(schema %s: %s); to execute those of this release again, set lockkeeper.rerun-older=true")
				.formatted(target.getName(), names));
		}
	}

}
