// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Keeps a value in a session of Spring Session.
 */
@RestController
class SessionController {

	@PostMapping("/session/{ship}")
	void keep(HttpSession session, @PathVariable String ship) {
		session.setAttribute("ship", ship);
	}

	@GetMapping("/session")
	@Nullable Object kept(HttpSession session) {
		return session.getAttribute("ship");
	}

}
