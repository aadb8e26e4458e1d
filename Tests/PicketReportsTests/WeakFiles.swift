/// Certificates and a list that nobody should rely on.
enum WeakFiles {
    /// Keys of 1,024 bits, in certificates of our own making (`openssl req -x509 -newkey rsa:1024`).
    static let weak = """
        -----BEGIN CERTIFICATE-----
        MIIB9zCCAWCgAwIBAgIUUfGQ4VkyipCNuTm+8YfRqrd5TecwDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTUxMzBaFw0zNjExMjEyMTUx
        MzBaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        AMqpBsIpLiZc9UqcedbsKxfgDwiVLGhrXE7encryVgDr/Ps2aHwHW6y3yumg4PGF
        2qvQHkfT4ZEWcC0vWOnXZ1IdSmzjwDGFSQEJxevw2+aTLEro0GBfa9ZPCRGmSWSy
        j6HWWybnAMhg4oyIUfKy/cKT+GThVxx2bbSf1yIPf3ybAgMBAAGjUDBOMB0GA1Ud
        DgQWBBR9JCW8sddH226plfm95sF4IpfU9DAfBgNVHSMEGDAWgBR9JCW8sddH226p
        lfm95sF4IpfU9DAMBgNVHRMBAf8EAjAAMA0GCSqGSIb3DQEBCwUAA4GBAJBCgDnL
        gtySltE4E0xCAeN50888EkyJt68J83SUadnI6xz0BIovFYvd9FgSPhu+eRlX8nez
        i9L3Pz1PINYS3ToZ66XKu2Y1qAXoF9nJYofMe/lk6+lUF08liMt2cA/jYUlOMxmE
        AoYCfP2NmRmI8JNMYmePONpyI6FkwTPFaDXN
        -----END CERTIFICATE-----
        """
    /// A list that `openssl ca -gencrl -md sha1` made, good until 2036, of an authority "old".
    static let weakList = """
        -----BEGIN X509 CRL-----
        MIIBZjBQAgEBMA0GCSqGSIb3DQEBBQUAMA4xDDAKBgNVBAMMA29sZBcNMjYxMTI4
        MTM0MzM3WhcNMzYxMDA2MTM0MzM3WqAOMAwwCgYDVR0UBAMCAQEwDQYJKoZIhvcN
        AQEFBQADggEBAGgXRWaug57u90OAzTWW59cFeZKexch93Rt9XEi4XBxoqMxbot1C
        kS86Mz0tc9S203mRH8jXpbT8am3sLKQaotFlqPh2rQN973mmUeO3pTtFgFboomN4
        eC7QY1cFWXbsd8Uy2m7Xn48RsH/FHSvvBBdG5gGRiUIYiKR+1hVXyXimLeIYxrm/
        9NusBhfSUSbcwmzS8D+ox5QW4xBZD87TY+9p+aBRkPy3TrOF8qpPxr58naaSnR4W
        evR0oWKFhK58jvdQ+Twd7bcUNwBDmQvHORMnTbd4gifAf0XTzG+ULVkXzTpvFyyD
        R3lfkDQuGvM2wzOPO8lfw0RWU4bGDCVq6P8=
        -----END X509 CRL-----
        """
    static let weakAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIB+jCCAWOgAwIBAgIUE5v+V2TLgMLhwVL/6MWGJSAG61QwDQYJKoZIhvcNAQEF
        BQAwDzENMAsGA1UEAwwEd2VhazAeFw0yNjExMjQyMTQ0MDVaFw0yNjEyMDQyMTQ0
        MDVaMA8xDTALBgNVBAMMBHdlYWswgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
        ALqtRWAF/lX8+9/G/wT9Kg5cgS8oCLFw2QAFrokPzhMjqZvU5Gk9pB7T7CDXsWVL
        rcjLF4+OdWqwudktDgCLHlNEJQR9WTyoNRpe2wkcaeCVG7iHq62Um54gQKvHhvCg
        3Szsah6NYjjINwlwUWohQHgRfySt6O/WQTecVfXmbkdVAgMBAAGjUzBRMB0GA1Ud
        DgQWBBQBsjNlg6/STNIKM2yhWWWFvJLbcTAfBgNVHSMEGDAWgBQBsjNlg6/STNIK
        M2yhWWWFvJLbcTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBQUAA4GBAHcT
        2sqDJWXdwL+ReFQiiap85WAEfPfj3J1vMrE9k/D6pod1oYcLamCSOxsGjWI0h5Cb
        +ihXQKDeB+jjRTOj7ws+CXekhMt84R0IUCzKU756rpdNMV0eBOLU4CmfZIVe+XyT
        /Ei8GJBm+n9zvl585dPErdNIPOtIVORQYuqzfRk0
        -----END CERTIFICATE-----
        """
}
