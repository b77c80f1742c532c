// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.time.Instant;

/**
 * The frame of a page that lists something of one schema. It does not load again by
 * itself.
 */
final class ListPage {

	private ListPage() {
	}

	/**
	 * Write a page.
	 * @param policy what the page may do
	 * @param context what all pages have in common
	 * @param schema the name of the schema, which is a part of the address
	 * @param title what is listed
	 * @param summary the list in one sentence
	 * @param list the list
	 * @param checkedAt when it was read
	 */
	static String toHtml(String policy, PageContext context, String schema, String title, String summary, Fragment list,
			Instant checkedAt) {
		return Fragment.of("document", "policy", policy, "refresh", Fragment.NONE, "title",
				"%s - %s".formatted(title, Words.process(context.process())), "style", Fragment.ofStyle(), "header",
				Fragment.of("list-header", "title", title, "summary", summary, "process",
						Words.processToHtml(context.process()), "back", context.homeFrom(schema)),
				"main", list, "footer", Fragment.of("list-footer", "checked", Times.absolute(checkedAt)))
			.html();
	}

}
