// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.ChangeSetReference;

/**
 * Describes a list of change sets.
 *
 * @param total how many there are
 * @param first the first of them, ten at most
 * @since 0.1.0
 */
@JsonInclude
public record ChangeSetsDescriptor(int total, List<ChangeSetReference> first) {

	private static final int NAMED = 10;

	static ChangeSetsDescriptor of(List<ChangeSetReference> changeSets) {
		return new ChangeSetsDescriptor(changeSets.size(), changeSets.stream().limit(NAMED).toList());
	}

}
