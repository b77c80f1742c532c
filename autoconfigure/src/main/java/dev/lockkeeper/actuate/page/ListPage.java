// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;

import dev.lockkeeper.schema.RunOrigin;

/**
 * The frame of a page that lists something of one schema. It does not load again by
 * itself.
 */
final class ListPage {

	private static final String HOME = "schema";

	private ListPage() {
	}

	/**
	 * Write a page.
	 * @param policy what the page may do
	 * @param process what its runs say of the process
	 * @param schema the name of the schema, which is a part of the address
	 * @param title what is listed
	 * @param summary the list in one sentence
	 * @param list the list
	 * @param checkedAt when it was read
	 */
	static String toHtml(String policy, RunOrigin process, String schema, String title, String summary, Fragment list,
			Instant checkedAt) {
		String back = "../".repeat(schema.split("/", -1).length + 1) + HOME;
		return Fragment
			.of("document", "policy", policy, "refresh", Fragment.NONE, "title",
					"%s - %s".formatted(title, Words.process(process)), "style", Fragment.ofStyle(), "header",
					Fragment.of("list-header", "title", title, "summary", summary, "process",
							Words.processToHtml(process), "back", back),
					"main", list, "footer", Fragment.of("list-footer", "checked", Times.absolute(checkedAt)))
			.html();
	}

	/**
	 * Return the address of a schema, as the page of all schemas has it in its links.
	 */
	static String addressOf(String schema) {
		return HOME + "/" + Arrays.stream(schema.split("/", -1)).map(ListPage::encode).collect(Collectors.joining("/"));
	}

	private static String encode(String part) {
		return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
	}

}
