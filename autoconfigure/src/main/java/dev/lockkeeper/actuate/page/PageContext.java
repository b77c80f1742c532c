// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

import dev.lockkeeper.schema.RunOrigin;
import org.jspecify.annotations.Nullable;

/**
 * What all pages of a process have in common.
 *
 * @param process the process, as its runs name it
 * @param home the last part of the path of the endpoint, to which links are relative
 * @param runbook the runbook that a failed run leads to, if there is one
 * @since 0.1.0
 */
public record PageContext(RunOrigin process, String home, @Nullable Runbook runbook) {

	/**
	 * Create the context of the pages below a path.
	 * @param process the process, as its runs name it
	 * @param path the path of the endpoint, of one part or several
	 * @param runbook the runbook that a failed run leads to, if there is one
	 * @return the context
	 */
	public static PageContext of(RunOrigin process, String path, @Nullable Runbook runbook) {
		return new PageContext(process, path.substring(path.lastIndexOf('/') + 1), runbook);
	}

	/**
	 * Return the address of a schema, relative to the page of all schemas.
	 */
	String addressOf(String schema) {
		return this.home + "/"
				+ Arrays.stream(schema.split("/", -1)).map(PageContext::encode).collect(Collectors.joining("/"));
	}

	/**
	 * Return the address of the page of all schemas, relative to a page below a schema.
	 */
	String homeFrom(String schema) {
		return "../".repeat(schema.split("/", -1).length + 1) + this.home;
	}

	private static String encode(String part) {
		return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
	}

}
