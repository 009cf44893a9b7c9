"""A filler: nobody imports it."""

import socket as s0
import socket as s1
import socket as s2
import socket as s3
import socket as s4
import socket as s5
import socket as s6
import socket as s7
import socket as s8
import socket as s9
import socket as s10
import socket as s11
import socket as s12
import socket as s13
import socket as s14
import socket as s15
import socket as s16
import socket as s17
import socket as s18
import socket as s19
import socket as s20
import socket as s21
import socket as s22
import socket as s23
import socket as s24
