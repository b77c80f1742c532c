// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.util;

class NewRoom {

}
