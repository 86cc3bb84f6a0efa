/* SPDX-License-Identifier: MIT */
/* Addresses of the loopback; see world_ev_loopback.h. */
#include "core/world/world_ev_loopback.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1 /* in every namespace */

/* A request about a link or an address. */
struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} of;
	char attributes[64];
};

static void
add_attribute(
    struct request *r, unsigned short type, const void *bytes, size_t len)
{
	struct rtattr *a =
	    (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), bytes, len);
	r->header.nlmsg_len =
	    NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* What the kernel says to it: 0, or an errno. */
static int
ask_kernel(struct request *r)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error = 0;

	if (fd < 0)
		return errno;
	r->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, r, r->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		error = errno;
	else if (answer.header.nlmsg_type == NLMSG_ERROR)
		error = -answer.error.error;
	(void)close(fd);
	return error;
}

bool
world_loopback_up(struct err *err)
{
	struct request r = {
		.header = { .nlmsg_type = RTM_NEWLINK,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)) },
		.of.link = { .ifi_index = LOOPBACK_INDEX,
		    .ifi_flags = IFF_UP,
		    .ifi_change = IFF_UP },
	};
	int error = ask_kernel(&r);

	return error == 0 ||
	    err_set(
		err, "the loopback cannot be brought up: %s", strerror(error));
}

bool
world_loopback_set(const struct ip_address *ip, bool is_there, struct err *err)
{
	const size_t len = ip->family == 4 ? 4 : 16;
	struct request r = {
		.header = { .nlmsg_type = is_there ? RTM_NEWADDR : RTM_DELADDR,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		    .nlmsg_flags = is_there ? NLM_F_CREATE | NLM_F_EXCL : 0 },
		.of.address = { .ifa_family =
				    ip->family == 4 ? AF_INET : AF_INET6,
		    .ifa_prefixlen = (unsigned char)(len * 8),
		    .ifa_flags = IFA_F_NODAD,
		    .ifa_index = LOOPBACK_INDEX },
	};
	char text[IP_TEXT_MAX];
	int error;

	add_attribute(&r, IFA_LOCAL, ip->bytes, len);
	add_attribute(&r, IFA_ADDRESS, ip->bytes, len);
	error = ask_kernel(&r);
	if (error == 0 || (is_there && error == EEXIST) ||
	    (!is_there && error == EADDRNOTAVAIL))
		return true;
	return err_set(err, "%s cannot be %s the loopback: %s",
	    ip_format(ip, text), is_there ? "put on" : "taken off",
	    strerror(error));
}
