// SPDX-License-Identifier: MIT

import * as libsociety from './index.js';

export * from './index.js';
export default libsociety;
