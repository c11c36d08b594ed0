// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Fetches stock kernels and tools into the cache. Nothing is installed on the host.
