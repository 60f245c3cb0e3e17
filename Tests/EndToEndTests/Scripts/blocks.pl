#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;

my $memory = "/sys/devices/system/memory";
my $changed = 0;
for my $path (sort glob("$memory/memory[0-9]*/state")) {
    open(my $file, "+<", $path) or die "$path: $!";
    chomp(my $state = <$file>);
    next if $state ne "offline";
    syswrite($file, "online") == 6 or die "$path: $!";
    close($file) or die "$path: $!";
    $changed++;
}
opendir(my $directory, $memory) or die "$memory: $!";
my @blocks = grep { /^memory\d+$/ && -d "$memory/$_" } readdir($directory);
printf("%d blocks, %d brought online\n", scalar(@blocks), $changed);
